import { auditDetail } from './auditDetail';

test.each([
  ['was revoked', 'state before: Revoked'],
  [
    'replaces 4fjK2n0qPz7a, which works until 2026-11-22T18:42:46Z',
    'replaces 4fjK2n0qPz7a, which works until 2026-11-22 18:42:46',
  ],
  [
    'replaced by 4fjK2n0qPz7a; works until 2026-11-22T18:42:46Z',
    'replaced by 4fjK2n0qPz7a; works until 2026-11-22 18:42:46',
  ],
  ['pool edge', 'pool edge'],
  ['role Agent; expires never', 'role Agent; never expires'],
  [
    'role Agent; expires 2027-02-19T18:42:46Z; pool a; b; endpoints kuma, pyroscope; addresses 10.0.0.0/8, 127.0.0.1/32',
    'role Agent; expires 2027-02-19 18:42:46; pool a; b; endpoints kuma, pyroscope; addresses 10.0.0.0/8, 127.0.0.1/32',
  ],
  ['name from "was revoked" to "b"', undefined],
  ['', undefined],
])('“%s” is told as “%s”', (detail, told) => expect(auditDetail({ detail })).toBe(told));
