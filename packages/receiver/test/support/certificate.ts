import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A self-signed RSA certificate, written by hand: node:crypto reads certificates, but makes none. */
export interface TestCertificate {
  readonly pem: string
  readonly privateKey: KeyObject
}

const tlv = (tag: number, ...content: Uint8Array[]): Buffer => {
  const body = Buffer.concat(content)
  const { length } = body
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}
const sequence = (...content: Uint8Array[]): Buffer => tlv(0x30, ...content)
const time = (text: string): Buffer => tlv(text.length === 13 ? 0x17 : 0x18, Buffer.from(text))
const SHA256_RSA = sequence(tlv(6, Buffer.from('2a864886f70d01010b', 'hex')), tlv(5))
const NAME = sequence(tlv(0x31, sequence(tlv(6, Buffer.from('550403', 'hex')), tlv(12, Buffer.from('test')))))

export function testCertificate(
  notBefore = '200101000000Z',
  notAfter = '20990101000000Z',
  keys = generateKeyPairSync('rsa', { modulusLength: 2048 }),
): TestCertificate {
  const { publicKey, privateKey } = keys
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const signed = sequence(
    tlv(0xa0, tlv(2, Buffer.from([2]))),
    tlv(2, Buffer.from([1])),
    SHA256_RSA,
    NAME,
    sequence(time(notBefore), time(notAfter)),
    NAME,
    spki,
  )
  const signature = tlv(3, Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]))
  const der = sequence(signed, SHA256_RSA, signature).toString('base64')
  const lines = der.match(/.{1,64}/g)?.join('\n')
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, privateKey }
}
