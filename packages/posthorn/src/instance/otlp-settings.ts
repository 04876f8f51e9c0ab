import { getBooleanFromEnv, getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core'
import { PosthornError } from '../domain/error.ts'

export type OtlpProtocol = 'http/protobuf' | 'http/json'

/** What is pushed over OTLP, and how. */
export interface OtlpSettings {
  /** null: not pushed. */
  readonly traces: OtlpProtocol | null
  readonly metrics: OtlpProtocol | null
  readonly metricIntervalMs: number
  readonly metricTimeoutMs: number
}

type Signal = 'TRACES' | 'METRICS'

/** Defaults of the specification. */
const METRIC_INTERVAL_MS = 60_000
const METRIC_TIMEOUT_MS = 30_000

/** The specification's default comes first. */
const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json']

/**
 * The standard variables of OpenTelemetry, as far as the SDK's parts do not read them by themselves
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and …/protocol/exporter/). One
 * difference: without an address nothing is pushed, since nobody listens on localhost:4318 unless somebody wants it so.
 * @throws PosthornError config_invalid
 */
export function otlpSettings(): OtlpSettings {
  const disabled = getBooleanFromEnv('OTEL_SDK_DISABLED') === true
  const metricIntervalMs = positive('OTEL_METRIC_EXPORT_INTERVAL', METRIC_INTERVAL_MS)
  return {
    traces: disabled ? null : protocolOf('TRACES', ['otlp']),
    // `prometheus` is there at any rate.
    metrics: disabled ? null : protocolOf('METRICS', ['otlp', 'prometheus']),
    metricIntervalMs,
    // The reader refuses a timeout above its interval.
    metricTimeoutMs: Math.min(positive('OTEL_METRIC_EXPORT_TIMEOUT', METRIC_TIMEOUT_MS), metricIntervalMs),
  }
}

function protocolOf(signal: Signal, known: readonly string[]): OtlpProtocol | null {
  const chosen = exporters(signal, known)
  const address = firstOf(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT')
  if (chosen === null ? address === null : !chosen.includes('otlp')) return null
  if (address !== null) checkAddress(address)
  const protocol = firstOf(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL')
  if (protocol === null) return PROTOCOLS[0] as OtlpProtocol
  const found = PROTOCOLS.find((one) => one === protocol.value)
  if (found !== undefined) return found
  const port = protocol.value === 'grpc' ? ' Collectors take both on port 4318, and gRPC on 4317.' : ''
  throw refused(protocol, `is not spoken here; set ${PROTOCOLS.join(' or ')}.${port}`)
}

/** null: the variable says nothing. */
function exporters(signal: Signal, known: readonly string[]): readonly string[] | null {
  const variable = `OTEL_${signal}_EXPORTER`
  const value = getStringFromEnv(variable)
  if (value === undefined) return null
  const names = value.split(',').map((name) => name.trim())
  const unknown = names.find((name) => name !== 'none' && !known.includes(name))
  if (unknown === undefined) return names
  throw refused({ variable, value }, `names an exporter that is not here; set ${known.join(', ')} or none.`)
}

interface Setting {
  readonly variable: string
  readonly value: string
}

function firstOf(...variables: readonly string[]): Setting | null {
  for (const variable of variables) {
    const value = getStringFromEnv(variable)?.trim()
    if (value !== undefined && value !== '') return { variable, value }
  }
  return null
}

/** The SDK would warn, and push to localhost instead. The value is not repeated: it may have a password in it. */
function checkAddress({ variable, value }: Setting): void {
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new PosthornError(
      'config_invalid',
      `${variable} is not an http or https URL, such as http://localhost:4318.`,
    )
}

function positive(variable: string, initial: number): number {
  const value = getStringFromEnv(variable)
  if (value === undefined) return initial
  const number = getNumberFromEnv(variable)
  if (number !== undefined && number > 0 && Number.isFinite(number)) return number
  throw refused({ variable, value }, 'is not a number of milliseconds above 0.')
}

function refused({ variable, value }: Setting, why: string): PosthornError {
  return new PosthornError('config_invalid', `${variable} is ${JSON.stringify(value)}, which ${why}`)
}
