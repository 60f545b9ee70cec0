// What kinds of servers have in common when pieces of what they keep are read in place.

/** A request for a key below the address, as HTTP has it. */
export interface PieceRequest {
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}
export interface PieceServer {
  request(key: string, request: PieceRequest): Promise<Response>;
  /** Names of folders right below a key that ends in a slash; undefined: the server has no lists. */
  readonly listFolders?: (key: string, signal: AbortSignal) => Promise<readonly string[]>;
}
