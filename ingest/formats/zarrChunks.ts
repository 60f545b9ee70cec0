// How large a compressed piece says it will be, by the headers of the usual codecs: known before it is unpacked.

/** Bytes that `piece` says it unpacks to; its own length where nothing is said. */
export function declaredBytes(piece: Uint8Array): number {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece.length >= 18 && piece[0] === 0x1f && piece[1] === 0x8b) return view.getUint32(piece.length - 4, true);
  if (piece.length >= 9 && view.getUint32(0, true) === 0xfd2fb528) return declaredByZstd(view) ?? piece.length;
  // Blosc: version 1 or 2, its format, flags, type size, unpacked bytes, block size, packed bytes.
  // https://github.com/Blosc/c-blosc/blob/v1.21.6/README_CHUNK_FORMAT.rst
  if (piece.length >= 16 && (piece[0] === 1 || piece[0] === 2) && view.getUint32(12, true) === piece.length) {
    return view.getUint32(4, true);
  }
  return piece.length;
}

/** RFC 8878, section 3.1.1.1: the frame content size, which may be absent. */
function declaredByZstd(view: DataView): number | undefined {
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const at = 5 + (isSingleSegment === 1 ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (sizeFlag === 0) return isSingleSegment === 1 && at < view.byteLength ? view.getUint8(at) : undefined;
  const bytes = 1 << sizeFlag;
  if (at + bytes > view.byteLength) return undefined;
  if (sizeFlag === 1) return view.getUint16(at, true) + 256;
  return sizeFlag === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
