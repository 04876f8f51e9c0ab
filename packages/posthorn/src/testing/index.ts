/**
 * @module posthorn/testing
 * What tests of an application, a store or a queue need: a clock that stands still, chance that repeats, a record of
 * what happened that can be waited for, a target that answers as it is told, and the suites that a store and a queue
 * must pass.
 */
export { FakeClock } from './fake-clock.ts'
export type { QueuePlace } from './queue-conformance/world.ts'
export { type QueueHarness, testQueue } from './queue-conformance.ts'
export { Recorder } from './recorder.ts'
export { SeededRandom } from './seeded-random.ts'
export { type Harness, testStore } from './store-conformance.ts'
export {
  type Answerer,
  type RecordedRequest,
  startTarget,
  type Target,
  type TargetOptions,
} from './target.ts'
export { type Answer, answers } from './target-answers.ts'
