import { body, defineProvider } from '../provider.ts'

/** A static header; nothing is signed. The type is the key beside `update_id`. */
export const telegram = defineProvider({
  name: 'telegram',
  title: 'Telegram bots',
  docs: ['https://core.telegram.org/bots/api#setwebhook'],
  secretHint: 'The secret_token that was given to setWebhook: 1 to 256 of A-Z a-z 0-9 _ -.',
  scheme: {
    header: 'X-Telegram-Bot-Api-Secret-Token',
    algorithm: 'token',
    signed: [],
    keyBytes: { min: 1, max: 256 },
  },
  id: [body('update_id')],
  type: [{ keyBeside: 'update_id' }],
})
