import {
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { VERSION } from './version.ts'

/** Who tells it: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
export function ownResource(): Resource {
  // Without an id of its own the counters of two processes would be taken for one counter that jumps back and forth.
  const detected = detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })
  return resourceFromAttributes({ 'service.name': 'posthorn', 'service.version': VERSION }).merge(detected)
}
