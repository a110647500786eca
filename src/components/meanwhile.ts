import { api } from '../api/client';
import { ApiError } from '../api/errors';
import type { Key, UpdateKey } from '../api/types';
import { t } from '../i18n';
import { fieldName } from './auditDetail';
import { written } from './differing';
import { changed, overtaken as overtakenLabels, takenBack } from './labels';

/** The fields of a change, by their names in a key. */
const fieldsOf = ({ expiresIn, ...sent }: UpdateKey) =>
  Object.keys(expiresIn === undefined ? sent : { ...sent, expiresAt: null }) as Array<keyof Key & keyof UpdateKey>;

/** A change that is made in a form, beside those that others make while it is open. */
export class Editing {
  /** The key as whoever saves knows it. */
  private known: Key;

  constructor(private readonly shown: Key) {
    this.known = shown;
  }

  /**
   * A change as the API takes it. Labels are merged with those that others gave the key meanwhile. Other fields are sent
   * as a whole: where somebody else changed one, it fails once and says so, since it would put back what they took away.
   */
  async beside(sent: UpdateKey): Promise<UpdateKey> {
    const now = await api.key(this.shown.id);
    const overtaken = fieldsOf(sent).filter(
      (name) =>
        name !== 'labels' &&
        written(now[name]) !== written(this.known[name]) &&
        written(now[name]) !== written(sent[name])
    );
    this.known = now;
    if (overtaken.length) {
      throw new ApiError(
        409,
        'changed_meanwhile',
        t(
          'edit.meanwhile',
          'Somebody else changed it while this form was open: {{fields}}. Save again to put yours in place of theirs, or cancel and look.',
          { fields: overtaken.map(fieldName).join(', ') }
        )
      );
    }
    return sent.labels ? { ...sent, labels: changed(now.labels, this.shown.labels, sent.labels) } : sent;
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
