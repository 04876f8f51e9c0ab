/**
 * `npm run bench -- --quick …` does a hundredth of everything, once: enough to see that a part works, too little for a
 * figure.
 */
export const QUICK = process.argv.includes('--quick')

export function scaled(count: number): number {
  return QUICK ? Math.max(1, Math.round(count / 100)) : count
}

export function rounds(count: number): number {
  return QUICK ? 1 : count
}

/** The last one stands for all in a quick run: each is a start of several processes. */
export function eachOf<T>(all: readonly T[]): readonly T[] {
  return QUICK ? all.slice(-1) : all
}
