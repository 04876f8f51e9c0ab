import { publicKeys } from '../../crypto/public-keys.ts'
import { snsCode } from '../code/sns.ts'
import { body, defineProvider } from '../provider.ts'

/** The signature in the body covers its fields; the certificate lies on `sns.REGION.amazonaws.com`. Raw delivery is not signed and refused. */
export const awsSns = defineProvider({
  name: 'aws-sns',
  title: 'Amazon SNS',
  docs: ['https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html'],
  secretHint: 'None: SNS signs with a certificate that is fetched.',
  publicKeys,
  scheme: { header: 'x-amz-sns-message-type', algorithm: 'rsa-sha256', signed: ['body'] },
  code: snsCode,
  settings: [
    { name: 'topicArns', required: true, many: true, hint: 'ARNs of the topics that may send here' },
  ],
  id: [body('MessageId')],
  type: [body('Type')],
  handshakes: ['sns'],
  retrySpanS: 3600,
})
