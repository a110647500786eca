import { Combobox, type ComboboxOption } from '@grafana/ui';
import React, { useId } from 'react';

interface Props<T extends string | number> {
  /** The name of the list, for screen readers. */
  label: string;
  /** At least, in units of 8 pixels: it is as wide as what is chosen. Without it, it takes the room that there is. */
  width?: number;
  options: Array<ComboboxOption<T>>;
  value: T;
  onChange: (value: T) => void;
}

/** How wide one becomes at most; a name that is longer ends in dots. */
const MOST = 36;

/** A list to choose from that needs no visible label. */
export function Choice<T extends string | number>({ label, width, onChange, ...props }: Props<T>) {
  const id = useId();
  const all = {
    id,
    'aria-labelledby': `${id}-label`,
    onChange: ({ value }: ComboboxOption<T>) => onChange(value),
    ...props,
  };
  return (
    <div>
      <label id={`${id}-label`} htmlFor={id} className="sr-only">
        {label}
      </label>
      {width ? <Combobox {...all} width="auto" minWidth={width} maxWidth={MOST} /> : <Combobox {...all} />}
    </div>
  );
}
