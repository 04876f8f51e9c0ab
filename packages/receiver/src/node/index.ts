/**
 * @module @posthorn/receiver/node
 * The parts that need `node:crypto`: synchronous signing and verifying, and new secrets.
 */
export { publicKeyOf } from '../crypto/public-keys.ts'
export { nodeCrypto } from './crypto.ts'
export { createSyncReceiver, type SyncReceiver } from './receiver.ts'
export { generateSecret } from './secret.ts'
export { createSyncSigner, type SyncSigner } from './signer.ts'
