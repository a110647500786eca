import React, { useState, type KeyboardEvent } from 'react';
import { t } from '../i18n';
import { Chip } from './Chip';
import { Suggest, type Suggestion } from './Suggest';

interface Props {
  id: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  suggestions: readonly Suggestion[];
  placeholder?: string;
  invalid?: boolean;
  /** What separates entries that are typed or pasted. */
  separator?: RegExp;
}

/** Several entries out of a list of suggestions, or others. What is typed counts without being chosen in the list. */
export const PickMany = ({ value, onChange, suggestions, placeholder, separator = /[\s,]+/, ...field }: Props) => {
  const [typed, setTyped] = useState('');
  const add = (text: string) => {
    const entries = text
      .split(separator)
      .map((entry) => entry.trim())
      .filter(Boolean);
    setTyped('');
    if (entries.length) {
      onChange([...new Set([...value, ...entries])]);
    }
  };
  const type = (text: string) => (separator.test(text) ? add(text) : setTyped(text));
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && typed.trim()) {
      event.preventDefault(); // the form is not sent yet
      add(typed);
    } else if (event.key === 'Backspace' && !typed) {
      onChange(value.slice(0, -1));
    }
  };
  return (
    <Suggest
      {...field}
      value={typed}
      onChange={type}
      onPick={add}
      suggestions={suggestions.filter((suggestion) => !value.includes(suggestion.value))}
      placeholder={value.length ? undefined : placeholder}
      onKeyDown={press}
      onBlur={() => add(typed)}
      before={value.map((entry) => (
        <Chip
          key={entry}
          text={entry}
          remove={t('pick.remove', 'Remove {{value}}', { value: entry })}
          onRemove={() => onChange(value.filter((other) => other !== entry))}
        />
      ))}
    />
  );
};
