import { docusignCode } from '../code/docusign.ts'
import { body, defineProvider, joined } from '../provider.ts'

/** A header for each key, up to a hundred; one that fits is enough. */
export const docusign = defineProvider({
  name: 'docusign',
  title: 'DocuSign Connect',
  docs: ['https://developers.docusign.com/platform/webhooks/connect/validate/'],
  secretHint: 'A Connect HMAC key; give every key in force.',
  scheme: { header: 'X-DocuSign-Signature-1', signed: ['body'], encoding: 'base64' },
  code: docusignCode,
  id: [joined(' ', body('event'), body('generatedDateTime'), body('data.envelopeId'))],
  type: [body('event')],
})
