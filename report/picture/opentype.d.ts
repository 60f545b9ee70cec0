// What is used of opentype.js, which has no types of its own.
declare module "opentype.js" {
  const opentype: {
    // biome-ignore lint/suspicious/noExplicitAny: fonts.ts says what it takes from it.
    parse(font: ArrayBufferLike): any;
  };
  export default opentype;
}
