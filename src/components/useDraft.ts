import { useCallback, useEffect, useRef, useState } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { useCaller } from './Caller';
import { hasDraft, PREFIX, readDraft, writeDraft } from './drafts';

/** The name under which the tab keeps the caller's draft of a form. */
export function useDraftName(form: string): string {
  const { whoami } = useCaller();
  return `${PREFIX}${whoami.orgId}.${whoami.login}.${form}`;
}

/**
 * Keeps what is typed into a form, and puts it back when the form appears again.
 * @param name of useDraftName
 */
export function useDraft<T extends FieldValues>(
  name: string,
  { watch, reset, formState }: UseFormReturn<T>
): {
  /** Whether the form holds what was typed before. */
  restored: boolean;
  /** Forgets the draft, once it was sent or is not wanted. */
  forget: () => void;
  /** Forgets it and empties the form. */
  startAfresh: () => void;
} {
  const [restored, setRestored] = useState(() => hasDraft(name));
  const initial = useRef(formState.defaultValues as T);
  const over = useRef(false);

  useEffect(() => {
    const draft = readDraft(name);
    if (typeof draft === 'object' && draft) {
      reset({ ...initial.current, ...draft }, { keepDefaultValues: true });
    }
    const { unsubscribe } = watch((values) => over.current || writeDraft(name, values));
    return unsubscribe;
  }, [name, watch, reset]);

  const forget = useCallback(() => {
    over.current = true;
    sessionStorage.removeItem(name);
  }, [name]);
  const startAfresh = useCallback(() => {
    reset(initial.current);
    sessionStorage.removeItem(name);
    setRestored(false);
  }, [name, reset]);
  return { restored, forget, startAfresh };
}
