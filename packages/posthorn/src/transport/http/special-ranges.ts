/**
 * Addresses that no webhook may be sent to unless the operator opens them. From the IANA special-purpose address
 * registries for IPv4 and IPv6 (https://www.iana.org/assignments/iana-ipv4-special-registry and
 * iana-ipv6-special-registry, read 2026), the multicast registries, and the vendors' pages on their metadata services.
 * Also those that IANA calls globally reachable are refused: anycast sinks and relays are no home of a receiver.
 */
export interface SpecialRange {
  readonly cidr: string
  /** Goes into sentences: "… is in 10.0.0.0/8 (private use, RFC 1918)". */
  readonly name: string
}

export const SPECIAL_IPV4: readonly SpecialRange[] = [
  { cidr: '0.0.0.0/8', name: 'this network, RFC 791' },
  { cidr: '10.0.0.0/8', name: 'private use, RFC 1918' },
  { cidr: '100.64.0.0/10', name: 'shared address space of carriers, RFC 6598' },
  { cidr: '127.0.0.0/8', name: 'loopback, RFC 1122' },
  { cidr: '169.254.0.0/16', name: 'link local, RFC 3927' },
  { cidr: '172.16.0.0/12', name: 'private use, RFC 1918' },
  { cidr: '192.0.0.0/24', name: 'IETF protocol assignments, RFC 6890' },
  { cidr: '192.0.2.0/24', name: 'documentation, RFC 5737' },
  { cidr: '192.31.196.0/24', name: 'AS112, RFC 7535' },
  { cidr: '192.52.193.0/24', name: 'AMT relays, RFC 7450' },
  { cidr: '192.88.99.0/24', name: '6to4 relays, RFC 7526' },
  { cidr: '192.168.0.0/16', name: 'private use, RFC 1918' },
  { cidr: '192.175.48.0/24', name: 'AS112, RFC 7534' },
  { cidr: '198.18.0.0/15', name: 'benchmarking, RFC 2544' },
  { cidr: '198.51.100.0/24', name: 'documentation, RFC 5737' },
  { cidr: '203.0.113.0/24', name: 'documentation, RFC 5737' },
  { cidr: '224.0.0.0/4', name: 'multicast, RFC 5771' },
  { cidr: '240.0.0.0/4', name: 'reserved, RFC 1112' },
  // Public by registry, private by use: only reachable from inside the cloud, and answering its tenants.
  { cidr: '161.26.0.0/16', name: 'IBM Cloud service network' },
  { cidr: '166.8.0.0/14', name: 'IBM Cloud service network' },
]

/** What is refused inside 2000::/3; everything outside it is refused anyway, and named by `SPECIAL_IPV6_OUTSIDE`. */
export const SPECIAL_IPV6: readonly SpecialRange[] = [
  { cidr: '2001::/32', name: 'Teredo, which carries an IPv4 address, RFC 4380' },
  { cidr: '2001::/23', name: 'IETF protocol assignments, RFC 2928' },
  { cidr: '2001:db8::/32', name: 'documentation, RFC 3849' },
  { cidr: '2002::/16', name: '6to4, which carries an IPv4 address, RFC 3056' },
  { cidr: '2620:4f:8000::/48', name: 'AS112, RFC 7534' },
  { cidr: '3ffe::/16', name: '6bone, given back, RFC 3701' },
  { cidr: '3fff::/20', name: 'documentation, RFC 9637' },
]

/** Only for the words of a refusal: the first that fits names it. */
export const SPECIAL_IPV6_OUTSIDE: readonly SpecialRange[] = [
  { cidr: '::/128', name: 'unspecified, RFC 4291' },
  { cidr: '::1/128', name: 'loopback, RFC 4291' },
  { cidr: '64:ff9b:1::/48', name: 'local-use NAT64, RFC 8215' },
  { cidr: '::/8', name: 'reserved, IPv4 inside IPv6 among others, RFC 4291' },
  { cidr: '100::/64', name: 'discard only, RFC 6666' },
  { cidr: '100:0:0:1::/64', name: 'dummy prefix, RFC 9780' },
  { cidr: '5f00::/16', name: 'segment routing, RFC 9602' },
  { cidr: 'fc00::/7', name: 'unique local, RFC 4193' },
  { cidr: 'fe80::/10', name: 'link local, RFC 4291' },
  { cidr: 'fec0::/10', name: 'site local, RFC 3879' },
  { cidr: 'ff00::/8', name: 'multicast, RFC 4291' },
  { cidr: '::/0', name: 'outside 2000::/3, the only unicast space given out, RFC 4291' },
]

/**
 * Services that hand out credentials to whoever reaches them. Stricter than the ranges: only a network of exactly this
 * one address opens one, so that `--allow-network 169.254.0.0/16` does not do so by the way.
 */
export const CLOUD_SERVICES: readonly SpecialRange[] = [
  { cidr: '169.254.169.254/32', name: 'cloud metadata: AWS, Azure, Google, Oracle, DigitalOcean' },
  { cidr: '169.254.170.2/32', name: 'credentials of AWS ECS tasks' },
  { cidr: '169.254.170.23/32', name: 'credentials of AWS EKS pods' },
  { cidr: '100.100.100.200/32', name: 'cloud metadata: Alibaba' },
  { cidr: '168.63.129.16/32', name: 'Azure host service' },
  { cidr: '192.0.0.192/32', name: 'cloud metadata: Oracle classic' },
  { cidr: 'fd00:ec2::254/128', name: 'cloud metadata: AWS' },
  { cidr: 'fd00:ec2::23/128', name: 'credentials of AWS EKS pods' },
  { cidr: 'fd20:ce::254/128', name: 'cloud metadata: Google' },
  { cidr: 'fd00:c1::a9fe:a9fe/128', name: 'cloud metadata: Oracle' },
]
