import type { components, operations } from './schema';

/*
 * The shapes of the resource API under short names. They are generated from pkg/api/openapi.yaml by `npm run api`.
 */

type Schemas = components['schemas'];

export type Key = Schemas['Key'];
/** A token of a key, without the token itself. */
export type KeyToken = Key['tokens'][number];
export type KeyState = Schemas['State'];
export type KeyList = Schemas['KeyList'];
export type KeyQuery = NonNullable<operations['listKeys']['parameters']['query']>;
export type KeySort = NonNullable<KeyQuery['sort']>;
export type CreateKey = Schemas['CreateKey'];
export type UpdateKey = Schemas['UpdateKey'];
export type RotateKey = Schemas['RotateKey'];
/** What became of the keys of another system, or would. */
export type Import = Schemas['Import'];
export type ImportedKey = Import['keys'][number];
export type ImportQuery = NonNullable<operations['importKeys']['parameters']['query']>;
export type IssuedKey = Schemas['IssuedKey'];
/** How much a key may ask for; 0, or left out, is no limit. */
export type Limits = Schemas['Limits'];
export type Lifetime = Pick<CreateKey, 'expiresIn' | 'expiresAt'>;

export type KeyUsage = Schemas['KeyUsage'];
export type DayUsage = KeyUsage['days'][number];
export type RuleUsage = KeyUsage['rules'][number];

/** How often each of some keys was used, by day. */
export type KeysStats = Schemas['KeysStats'];

export type Pool = Schemas['Pool'];
export type PoolList = Schemas['PoolList'];
export type CreatePool = Schemas['CreatePool'];
export type RevokedPool = Schemas['RevokedPool'];
export type RotatePool = Schemas['RotatePool'];
export type RotatedPool = Schemas['RotatedPool'];

export type Endpoint = Schemas['Endpoint'];
export type EndpointList = Schemas['EndpointList'];
/** An endpoint that was removed, and is closed until it is made again. */
export type RemovedEndpoint = NonNullable<EndpointList['removed']>[number];
/** What an endpoint in the store is made of. */
export type EndpointSpec = Schemas['EndpointSpec'];
/** A change that is asked about; with `delete`, its removal. */
export type CheckEndpoint = Schemas['CheckEndpoint'];
export type CheckedEndpoint = Schemas['CheckedEndpoint'];
export type GateAddress = Schemas['GateAddress'];

export type VerifyToken = Schemas['VerifyRequest'];
/** What the server thinks of a token. */
export type Verdict = Schemas['VerifyResponse'];

export type Role = Schemas['Role'];
export type Permission = Schemas['Permission'];
export type Whoami = Schemas['Whoami'];
export type Policy = Schemas['Policy'];
export type UpdatePolicy = Schemas['UpdatePolicy'];

export type AuditEntry = Schemas['AuditEntry'];
export type AuditList = Schemas['AuditList'];
export type AuditQuery = NonNullable<operations['listAudit']['parameters']['query']>;
export type AuditAction = Exclude<AuditQuery['action'], '' | undefined>;

export type Denial = Schemas['Denial'];
export type DenialList = Schemas['DenialList'];
export type DenialQuery = NonNullable<operations['listDenials']['parameters']['query']>;

/** What the gate did in a span of time, and how the keys stand now. */
export type Stats = Schemas['Stats'];
/** The requests of one step. */
export type StatsPoint = Stats['points'][number];
export type StatsQuery = NonNullable<operations['getStats']['parameters']['query']>;

/** Who sends a token of a key. */
export type KeyClient = Schemas['KeyClient'];
export type ClientList = Schemas['ClientList'];

export type Notice = Schemas['Notice'];
export type NoticeList = Schemas['NoticeList'];
export type NoticeQuery = NonNullable<operations['listNotices']['parameters']['query']>;

export type Status = Schemas['Status'];
export type Health = Schemas['Health'];
export type Problem = Schemas['Problem'];
export type FieldError = Schemas['FieldError'];

/** All roles, the strongest first. */
export const ROLES: readonly Role[] = ['Admin', 'Editor', 'Viewer', 'Agent'];

/** All permissions, in the order in which they are offered. */
export const PERMISSIONS: readonly Permission[] = ['read', 'write', 'ingest', 'manage'];

/** All states. */
export const STATES: readonly KeyState[] = ['active', 'disabled', 'expired', 'revoked'];

/** All actions of the audit trail. */
export const AUDIT_ACTIONS: readonly AuditAction[] = [
  'create',
  'update',
  'enable',
  'disable',
  'rotate',
  'endToken',
  'revoke',
  'delete',
  'import',
  'adopt',
  'createPool',
  'deletePool',
  'createEndpoint',
  'updateEndpoint',
  'deleteEndpoint',
  'updatePolicy',
  'signIn',
  'refuse',
  'readClients',
  'exportAudit',
  'exportKeys',
  'backUp',
  'copyStore',
  'restore',
  'chainTrail',
  'trimTrail',
];

/** The policy of an organization as the plugin's `jsonData` holds it; lifetimes as parseTtl reads them. */
export interface PolicySettings {
  defaultTtl: string;
  maxTtl: string;
  roles: Role[];
}
