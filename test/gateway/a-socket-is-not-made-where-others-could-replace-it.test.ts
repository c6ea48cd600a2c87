import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t, { type Test } from 'tap'
import { ListenError, prepareSocket } from '../../src/gateway/listen.ts'
import { folderFault, folderWarning } from '../../src/gateway/socket-folder.ts'

const skip = process.platform === 'win32' && 'there are no such users'
const isAdministrator = process.geteuid?.() === 0
const OTHER = 12_002

function base(t: Test): string {
  const folder = mkdtempSync(`${tmpdir()}/folder-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder of this mode, whatever the umask. */
function make(path: string, mode: number): string {
  mkdirSync(path)
  chmodSync(path, mode)
  return path
}

async function refused(t: Test, path: string, why: string): Promise<void> {
  const preparing = prepareSocket(path)
  await t.rejects(preparing, ListenError, path)
  await t.rejects(preparing, { message: `Cannot listen on ${path}: the folder ${why}` })
}

const CURE =
  'so that others could put a socket of their own in its place; choose a folder that only this user may write to, such as one made by mkdir -m 700.'

t.test('a folder of this user or the administrator', { skip }, async (t) => {
  for (const mode of [0o700, 0o755, 0o711, 0o500]) {
    const folder = make(`${base(t)}/own`, mode)
    await prepareSocket(`${folder}/p.sock`)
    t.equal(await folderWarning(`${folder}/p.sock`), undefined, mode.toString(8))
  }
})

/** Whose folders these are. The administrator's may be open to all. */
const owner = { uid: isAdministrator ? OTHER : (process.geteuid?.() ?? 0), gid: process.getegid?.() ?? 0 }

function makeTheirs(path: string, mode: number): string {
  make(path, mode)
  if (isAdministrator) chownSync(path, owner.uid, owner.gid)
  return path
}

t.test('one that every user may write to', { skip }, async (t) => {
  for (const mode of [0o777, 0o702]) {
    const folder = makeTheirs(`${base(t)}/open`, mode)
    const path = `${folder}/p.sock`
    t.equal(await folderFault(path, owner), `the folder ${folder} may be written to by every user`)
    if (!isAdministrator) await refused(t, path, `${folder} may be written to by every user, ${CURE}`)
    t.notOk(existsSync(path))
  }
})

t.test('above it, and behind a link', { skip }, async (t) => {
  const folder = base(t)
  const open = makeTheirs(`${folder}/open`, 0o777)
  const fault = `the folder ${open} may be written to by every user`
  makeTheirs(`${open}/inner`, 0o700)
  t.equal(await folderFault(`${open}/inner/p.sock`, owner), fault)
  symlinkSync(`${open}/inner`, `${folder}/link`)
  t.equal(await folderFault(`${folder}/link/p.sock`, owner), fault)
  const safe = makeTheirs(`${folder}/safe`, 0o700)
  symlinkSync(safe, `${open}/link`)
  t.equal(await folderFault(`${open}/link/p.sock`, owner), fault)
  symlinkSync(safe, `${folder}/good`)
  t.equal(await folderFault(`${folder}/good/p.sock`, owner), undefined)
})

t.test(
  'one that the administrator opened to all, as Kubernetes does: a warning',
  { skip: skip || (!isAdministrator && 'needs an administrator') },
  async (t) => {
    const open = make(`${base(t)}/empty-dir`, 0o777)
    make(`${open}/inner`, 0o700)
    for (const path of [`${open}/p.sock`, `${open}/inner/p.sock`]) {
      await prepareSocket(path)
      t.match(await folderWarning(path), `every user may make files in ${open}, so another could listen`)
    }
  },
)

t.test('one of another user', { skip: skip || (!isAdministrator && 'needs an administrator') }, async (t) => {
  const folder = make(`${base(t)}/theirs`, 0o700)
  chownSync(folder, OTHER, OTHER)
  await refused(t, `${folder}/p.sock`, `${folder} belongs to another user (uid ${OTHER}), ${CURE}`)
  make(`${folder}/ours`, 0o700)
  await refused(t, `${folder}/ours/p.sock`, `${folder} belongs to another user (uid ${OTHER}), ${CURE}`)
})

t.test('one like /tmp, where nobody may remove what is another’s: a warning', { skip }, async (t) => {
  const folder = make(`${base(t)}/sticky`, 0o1777)
  const path = `${folder}/p.sock`
  await prepareSocket(path)
  t.equal(
    await folderWarning(path),
    `every user may make files in ${folder}, so another could listen at ${path} in place of this proxy; choose a folder of its own`,
  )
  const inner = make(`${folder}/own`, 0o700)
  await prepareSocket(`${inner}/p.sock`)
  t.equal(await folderWarning(`${inner}/p.sock`), undefined, 'not of one within it')
})

t.test('one that a group may write to: a warning, unless it is the user’s own', { skip }, async (t) => {
  const folder = make(`${base(t)}/group`, 0o770)
  const path = `${folder}/p.sock`
  await prepareSocket(path)
  const uid = process.geteuid?.() ?? 0
  const gid = process.getegid?.() ?? 0
  t.equal(await folderWarning(path, { uid, gid }), undefined)
  t.equal(
    await folderWarning(path, { uid, gid: gid + 1 }),
    `the group ${gid} may write to ${folder}, and put a socket of its own in the place of ${path}: chmod g-w it`,
  )
})
