import { networkInterfaces } from 'node:os'

const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address))

/** Why a test with IPv6 is left out; false where there is its loopback address. */
export const noIpv6: string | false = !addresses.includes('::1') && 'this machine has no ::1'
