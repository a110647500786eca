import { api } from '../api/client';
import { ApiError } from '../api/errors';
import type { Key, UpdateKey } from '../api/types';
import { t } from '../i18n';
import { fieldName } from './fieldName';
import { written } from './differing';
import { changed, overtaken as overtakenLabels, takenBack } from './labels';

/** The fields of a change, by their names in a key. */
const fieldsOf = ({ expiresIn, ...sent }: UpdateKey) =>
  Object.keys(expiresIn === undefined ? sent : { ...sent, expiresAt: null }) as Array<keyof Key & keyof UpdateKey>;

/** Says which fields somebody else changed while a form was open. */
const overtakenBy = (names: string[]) =>
  new ApiError(
    409,
    'changed_meanwhile',
    t(
      'edit.meanwhile',
      'Somebody else changed it while this form was open: {{fields}}. Save again to put yours in place of theirs, or cancel and look.',
      { fields: names.join(', ') }
    )
  );

/** Fields of a change that somebody else changed to another value than it, since a state that was known. */
const overtakenIn = <T extends object>(fields: Array<keyof T>, known: T, now: T, sent: Partial<T>) =>
  fields.filter((name) => written(now[name]) !== written(known[name]) && written(now[name]) !== written(sent[name]));

/** Some fields of a thing. */
const only = <T extends object>(thing: T, fields: Array<keyof T>) =>
  Object.fromEntries(fields.map((name) => [name, thing[name]])) as Partial<T>;

/** A change that is made in a form, beside those that others make while it is open. */
export class Editing {
  /** The key as it was just before the change, but for its labels, of which each is taken back by itself. */
  before: Key;
  /** The key as whoever saves knows it: as it is shown, but for what they were told of. */
  private known: Key;

  constructor(private readonly shown: Key) {
    this.known = this.before = shown;
  }

  /**
   * A change as the API takes it. Labels are merged with those that others gave the key meanwhile. Other fields are sent
   * as a whole: where somebody else changed one, it fails once and says so, since it would put back what they took away.
   */
  async beside(sent: UpdateKey): Promise<UpdateKey> {
    const now = await api.key(this.shown.id);
    const fields = fieldsOf(sent).filter((name) => name !== 'labels');
    const overtaken = overtakenIn<Partial<Key>>(fields, this.known, now, sent as Partial<Key>);
    this.before = { ...now, labels: this.shown.labels };
    if (overtaken.length) {
      this.known = { ...this.known, ...only(now, overtaken) };
      throw overtakenBy(overtaken.map(fieldName));
    }
    return sent.labels ? { ...sent, labels: changed(now.labels, this.shown.labels, sent.labels) } : sent;
  }
}

/** Changes that are made in a form, beside those that others make to the same thing while it is open. */
export class Meanwhile<T extends object> {
  /**
   * @param known the thing as whoever saves knows it: as it is shown, but for what they were told of
   * @param read reads it as it is now; what is gone is undefined
   * @param named names a field
   * @param gone says that it is gone
   */
  constructor(
    private known: T,
    private readonly read: () => Promise<T | undefined>,
    private readonly named: (field: keyof T) => string,
    private readonly gone?: () => string
  ) {}

  /** Fails where it is gone, and once where somebody else changed a field that a change changes too, and says so. */
  async check(sent: Partial<T>): Promise<void> {
    const now = await this.read();
    if (!now) {
      if (this.gone) {
        throw new ApiError(404, 'not_found', this.gone());
      }
      return;
    }
    const overtaken = overtakenIn(Object.keys(sent) as Array<keyof T>, this.known, now, sent);
    if (overtaken.length) {
      this.known = { ...this.known, ...only(now, overtaken) };
      throw overtakenBy(overtaken.map(this.named));
    }
  }
}

/**
 * What takes a change back: the fields that it changed, as the key had them before, but for those that others changed
 * after it, whose names are in `left`; and of the labels, those that it changed.
 */
export async function takingBack(
  before: Key,
  after: Key,
  sent: UpdateKey
): Promise<{ values: UpdateKey; left: string[] }> {
  const now = await api.key(before.id);
  const isLeft = (name: keyof Key & keyof UpdateKey) =>
    name === 'labels'
      ? overtakenLabels(now.labels, before.labels, sent.labels!)
      : written(now[name]) !== written(after[name]);
  const fields = fieldsOf(sent);
  const values: UpdateKey = Object.fromEntries(
    fields.filter((name) => !isLeft(name)).map((name) => [name, before[name]])
  );
  if (sent.labels) {
    values.labels = takenBack(now.labels, before.labels, sent.labels);
  }
  return { values, left: fields.filter(isLeft) };
}
