/** Every bound of the product in one place, each with its reason. */
const KIB = 1024
const MIB = 1024 * KIB

export const LIMITS = {
  /** One event's data. Svix and Standard Webhooks advise 20 kB; 1 MiB is what the receiving side takes too. */
  eventDataBytes: MIB,
  /** A list gives data up to this size: 250 events of 1 MiB would be 250 MiB, for each who asks. */
  listedDataBytes: 16 * 1024,
  /** A request body of the API other than a batch: data of 1 MiB as base64 and its envelope. */
  requestBodyBytes: 1.5 * MIB,
  batchBodyBytes: 5 * MIB,
  batchEvents: 500,
  /** Nesting of JSON. Deeper is an attack on a recursive reader somewhere down the road. */
  jsonDepth: 100,
  eventTypeChars: 128,
  /** Types of inbound events are the providers': more room than for those that are published. */
  inboundTypeChars: 255,
  eventIdChars: 255,
  nameChars: 200,
  descriptionChars: 2000,
  urlChars: 2048,
  filtersPerSubscription: 100,
  customHeaders: 20,
  customHeaderBytes: 4096,
  /** Of one attempt: api.md, "default 10 s, at most 30 s". */
  timeoutMsDefault: 10_000,
  timeoutMsMax: 30_000,
  maxInFlightDefault: 8,
  maxInFlightMax: 1024,
  retryDelays: 50,
  /** Bytes of an answer that are read, on the wire and after inflation. */
  responseReadBytes: 64 * KIB,
  /** Bytes of an answer that are kept. */
  responseKeptBytes: 16 * KIB,
  /** Headers of an attempt that are kept, sent and answered each. */
  exchangeHeaderBytes: 8 * KIB,
  pageDefault: 50,
  pageMax: 250,
  /** A lease outlives the longest attempt by this much: the time to record its result on a slow disk. */
  leaseMarginMs: 30_000,
  rotationOverlapSDefault: 86_400,
  rotationOverlapSMax: 30 * 86_400,
  /** Secrets in force at once; each more costs one HMAC an attempt. */
  secretsPerSubscription: 5,
  /** How far ahead an event may be scheduled: one year. */
  deliverAtAheadMs: 365 * 86_400_000,
  schemaBytes: 64 * KIB,
  /** Of one inbound request. GitHub sends up to 25 MB; the default is what most others keep to. */
  inboundBodyBytesDefault: MIB,
  inboundBodyBytesMax: 25 * MIB,
  /** Longer than any provider tries again; the default of design.md. */
  dedupeSDefault: 30 * 86_400,
  dedupeSMax: 365 * 86_400,
  sourceSecrets: 5,
  allowedIps: 200,
  /** Refused requests that are kept for each source, the newest; a stranger must not be able to fill the disk. */
  refusedKeptPerSource: 200,
  /** Larger bodies of refused requests are not kept. */
  refusedBodyKeptBytes: 256 * KIB,
  /** Ids of the events of one request that are kept with it; the events know their request. */
  requestEventIds: 100,
} as const
