import { Combobox, type ComboboxOption } from '@grafana/ui';
import React, { useId } from 'react';

interface Props<T extends string | number> {
  /** The name of the list, for screen readers. */
  label: string;
  /** In units of 8 pixels; as wide as there is room without it. */
  width?: number;
  options: Array<ComboboxOption<T>>;
  value: T;
  onChange: (value: T) => void;
}

/** A list to choose from that needs no visible label. */
export function Choice<T extends string | number>({ label, onChange, ...props }: Props<T>) {
  const id = useId();
  return (
    <div>
      <label id={`${id}-label`} htmlFor={id} className="sr-only">
        {label}
      </label>
      <Combobox id={id} aria-labelledby={`${id}-label`} onChange={({ value }) => onChange(value)} {...props} />
    </div>
  );
}
