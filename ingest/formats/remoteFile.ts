// Which addresses are read in place: only what is needed of them is fetched, when it is needed.
import { isRemoteStore } from "./remoteStore.ts";

/** Its path ends in .tif or .tiff: parts of it can be read, if its server sends parts. */
export function isRemoteRaster(file: string): boolean {
  return /^(https?|s3):\/\/[^?#]*\.tiff?([?#]|$)/i.test(file);
}

export function isReadInPlace(file: string): boolean {
  return isRemoteStore(file) || isRemoteRaster(file);
}
