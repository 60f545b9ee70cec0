// The seeded randomness of the sample: the same numbers on every machine, a stream of its own for every name.

const SEED = 20_200_101;

export interface Random {
  /** Of mean 0 and deviation 1. */
  normal(): number;
}

/** Uniform in [0, 1): Mulberry32 (T. Ettinger, 2017, public domain). */
export function makeUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** By the polar method of Marsaglia. */
export function makeRandom(seed: number): Random {
  const uniform = makeUniform(seed);
  let spare: number | null = null;
  return {
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const square = x * x + y * y;
        if (square === 0 || square >= 1) continue;
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    },
  };
}

/** FNV-1a, folded with the sample's seed. */
export function hash(text: string): number {
  let bits = (0x811c9dc5 ^ SEED) >>> 0;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return bits;
}
