import type { Telemetry } from '../../ports/telemetry.ts'
import type { Service } from '../service.ts'
import { Periodic } from '../upkeep/periodic.ts'
import { Alerts } from './alerts.ts'
import { Evaluator, type EvaluatorParts } from './evaluator.ts'
import { NoticeSender, type NoticeSenderParts } from './notice-sender.ts'
import { AlertRules, type AlertRulesParts } from './rules.ts'

export interface AlertingParts
  extends AlertRulesParts,
    Omit<EvaluatorParts, 'store' | 'told'>,
    Omit<NoticeSenderParts, 'store' | 'transport' | 'more'> {
  readonly store: EvaluatorParts['store'] & NoticeSenderParts['store']
  readonly transport: AlertRulesParts['transport'] & NoticeSenderParts['transport']
  readonly telemetry: Telemetry
}

const LOOK_EVERY_MS = 15_000
/** What could not be told is looked at so often; what has just come up is told at once. */
const TELL_EVERY_MS = 15_000

/** Rules, the alerts that come of them, and who is told. */
export class Alerting {
  readonly rules: AlertRules
  readonly alerts: Alerts
  /** For those processes that work in the background. */
  readonly services: readonly Service[]

  constructor(parts: AlertingParts) {
    const { clock, telemetry } = parts
    this.rules = new AlertRules(parts)
    this.alerts = new Alerts(parts)
    const sender = new NoticeSender({ ...parts, more: () => telling.soon() })
    const telling = new Periodic({
      ...{ name: 'alert notices', everyMs: TELL_EVERY_MS, round: () => sender.round(), clock, telemetry },
    })
    const evaluator = new Evaluator({ ...parts, told: () => telling.soon() })
    const looking = new Periodic({
      ...{ name: 'alerts', everyMs: LOOK_EVERY_MS, clock, telemetry },
      round: (signal) => evaluator.round(signal),
    })
    const sending: Service = { start: async () => undefined, stop: () => sender.stop() }
    this.services = [looking, telling, sending]
  }
}
