import { OUTBOUND_SCHEME_NAMES, outboundScheme, type VerifyRequest } from '@posthorn/receiver'
import { type Diagnosis, explainRefusal } from '@posthorn/receiver/doctor'
import { PROVIDERS, type ProviderReceiverOptions } from '@posthorn/receiver/providers'

/** Every other provider and scheme that the request might belong to. */
const OTHERS = [...OUTBOUND_SCHEME_NAMES.map((name) => outboundScheme(name)), ...Object.values(PROVIDERS)]

/** Which known mistake would have made a refused request fit. For the person who holds the secret. */
export function explain(
  request: VerifyRequest,
  { provider, secrets = [], settings, fetchKey, toleranceS, clock }: ProviderReceiverOptions,
  otherSecrets: readonly string[],
): Promise<readonly Diagnosis[]> {
  return explainRefusal(request, {
    ...{ provider, secrets, settings, fetchKey, toleranceS, clock },
    otherSecrets: otherSecrets.map((secret, at) => ({ label: `--other-secret number ${at + 1}`, secret })),
    others: OTHERS.filter(({ name }) => name !== provider.name),
  })
}
