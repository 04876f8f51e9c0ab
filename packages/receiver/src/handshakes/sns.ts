import type { Handshake, HandshakeAnswer } from './handshake.ts'
import { jsonBody } from './parts.ts'

const TOPIC = /^arn:(?:aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{3,30}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}$/
const TOKEN = /^[A-Za-z0-9]{1,1024}$/
const LATER: HandshakeAnswer = { status: 503, headers: { 'retry-after': '30' }, body: '' }

/**
 * A verified `SubscriptionConfirmation` of a topic on the list is confirmed by a GET of its `SubscribeURL`, which must
 * be the call of SNS that it seems to be, in the topic's region. An `UnsubscribeConfirmation` is taken notice of and
 * its URL left alone: to call it would subscribe again.
 * https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
 */
export const snsHandshake: Handshake = {
  method: 'POST',
  when: 'after',
  async answer(request, { verified, topicArns = [], confirm }) {
    const asked = verified ? jsonBody(request) : undefined
    if (asked?.Type === 'UnsubscribeConfirmation') return { status: 200, body: '' }
    if (asked?.Type !== 'SubscriptionConfirmation') return null
    const { TopicArn: topic, SubscribeURL: url } = asked
    if (typeof topic !== 'string' || typeof url !== 'string' || !topicArns.includes(topic))
      return { status: 403, body: '' }
    if (!isConfirmation(url, topic)) return { status: 403, body: '' }
    if (!confirm) return LATER
    try {
      return (await confirm(url)) ? { status: 200, body: '' } : LATER
    } catch {
      // Not reached, or not in time: SNS asks again.
      return LATER
    }
  },
}

function isConfirmation(text: string, topic: string): boolean {
  const region = TOPIC.exec(topic)?.[1]
  if (region === undefined || text.length > 2048) return false
  try {
    const url = new URL(text)
    const hosts = [`sns.${region}.amazonaws.com`, `sns.${region}.amazonaws.com.cn`]
    if (url.href !== text || url.protocol !== 'https:' || !hosts.includes(url.host)) return false
    if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.hash !== '') return false
    const query = [...url.searchParams]
    const value = (name: string) => query.filter(([key]) => key === name).map(([, found]) => found)
    const [action, arn, token] = [value('Action'), value('TopicArn'), value('Token')]
    if (query.length !== 3 || action[0] !== 'ConfirmSubscription' || arn[0] !== topic) return false
    return token[0] !== undefined && TOKEN.test(token[0])
  } catch {
    return false
  }
}
