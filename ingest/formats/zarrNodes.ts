// The arrays of a Zarr store by their paths: those of the root and of its groups.

export interface ZarrTree {
  /** Content of a description such as "/group/tas/zarr.json"; undefined where there is none. */
  describe(key: string): Promise<Uint8Array | undefined>;
  /** Names of the folders right below a path such as "/" or "/group/". */
  folders(path: string): readonly string[] | Promise<readonly string[]>;
}

/** Groups within groups, and arrays in all of them. */
const MOST_DEPTH = 8;
const MOST_ARRAYS = 10_000;
const IS_ARRAY = /"node_type"\s*:\s*"array"/;

/** Paths without the first slash, in order. */
export async function listArrays(version: 2 | 3, tree: ZarrTree): Promise<readonly string[]> {
  const arrays: string[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    for (const name of [...(await tree.folders(path))].sort()) {
      const own = `${path}${name}`;
      if (await isArray(version, tree, own)) arrays.push(own.slice(1));
      else if (depth > 0 && (await isGroup(version, tree, own))) await visit(`${own}/`, depth - 1);
      if (arrays.length > MOST_ARRAYS) throw new Error(`more than ${MOST_ARRAYS} arrays`);
    }
  };
  await visit("/", MOST_DEPTH);
  return arrays;
}

async function isArray(version: 2 | 3, { describe }: ZarrTree, path: string): Promise<boolean> {
  if (version === 2) return (await describe(`${path}/.zarray`)) !== undefined;
  const description = await describe(`${path}/zarr.json`);
  return description !== undefined && IS_ARRAY.test(Buffer.from(description).toString("utf8"));
}

async function isGroup(version: 2 | 3, { describe }: ZarrTree, path: string): Promise<boolean> {
  return (await describe(`${path}/${version === 2 ? ".zgroup" : "zarr.json"}`)) !== undefined;
}

/** Names right below a path of keys that have more below them. */
export function foldersIn(keys: readonly string[], path: string): readonly string[] {
  const names = keys.flatMap((key) => {
    const [name, ...rest] = key.startsWith(path) ? key.slice(path.length).split("/") : [];
    return rest.length > 0 ? [name!] : [];
  });
  return [...new Set(names)];
}
