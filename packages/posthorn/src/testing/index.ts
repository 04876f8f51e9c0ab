/**
 * @module posthorn/testing
 * What tests of an application, a store or a queue need: a clock that stands still, chance that repeats, and a record
 * of what happened that can be waited for.
 */
export { FakeClock } from './fake-clock.ts'
export { Recorder } from './recorder.ts'
export { SeededRandom } from './seeded-random.ts'
