// What a kind of address can do: find what is there, and read it from any byte on.

export interface RemoteObject {
  /** As messages name it; without credentials. */
  readonly address: string;
  /** Path of the local file, below the folder of its address. */
  readonly path: string;
  /** Bytes; null: the server does not say. */
  readonly size: number | null;
  /** Changes when the content does; null: the server does not say, so nothing can be resumed. */
  readonly version: string | null;
}

export interface RemoteBody {
  /** First byte of `chunks`: where reading was to begin, or 0 when the content has changed or the server reads from the start only. */
  readonly from: number;
  /** Bytes of the whole object; null: the server does not say. */
  readonly size: number | null;
  readonly version: string | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface RemoteSource {
  /** The object at an address, or all that are below it when it ends in a slash. Throws RejectedError when there is none. */
  find(address: string, signal: AbortSignal): Promise<readonly RemoteObject[]>;
  read(object: RemoteObject, from: number, signal: AbortSignal): Promise<RemoteBody>;
}
