/** Of servers that are only measured. */
export const BENCH_SECRET_KEY = 'a-secret-key-for-the-benchmark'
