// The first process in the job's container: a shard without arguments, else the given command.
await import(process.argv.length === 2 ? "../job/main.ts" : "../cli/main.ts");
