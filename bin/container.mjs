// The first process in the job's container: a shard when nothing is asked, else the command that is.
await import(process.argv.length === 2 ? "../job/main.ts" : "../cli/main.ts");
