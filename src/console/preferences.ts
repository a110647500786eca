/*
 * What a person chose for this browser. Nothing here is secret.
 */

/** How the console looks and which language it speaks. */
export interface Preferences {
  theme: 'dark' | 'light';
  /** A language's code. */
  language: string;
}

const NAME = 'ostiary.preferences';

export const preferences = {
  /** What was chosen, and else what the browser prefers. */
  get(): Preferences {
    const theme = window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
    return { theme, language: navigator.language, ...stored() };
  },
  set(change: Partial<Preferences>): void {
    try {
      localStorage.setItem(NAME, JSON.stringify({ ...stored(), ...change }));
    } catch {
      // A browser that keeps nothing forgets the choice; that is all.
    }
  },
};

function stored(): Partial<Preferences> {
  try {
    const { theme, language } = JSON.parse(localStorage.getItem(NAME) ?? '{}');
    return {
      ...(theme === 'dark' || theme === 'light' ? { theme } : {}),
      ...(typeof language === 'string' ? { language } : {}),
    };
  } catch {
    return {};
  }
}
