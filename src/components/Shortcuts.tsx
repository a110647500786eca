import React, { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useHost } from '../host';
import { useCaller } from './Caller';
import { onOpenPalette } from './openPalette';
import { goals, isTyping, type Asked } from './shortcuts';

const Palette = lazy(async () => ({ default: (await import('./Palette')).Palette }));
const ShortcutsSheet = lazy(async () => ({ default: (await import('./ShortcutsSheet')).ShortcutsSheet }));

/** How long after g the next letter counts, in milliseconds. */
const PAUSE = 1500;

/**
 * Acts on keys that are pressed anywhere on a page. In Grafana, which has keys of its own, only / is ours.
 * @param onCheck opens the check of a token
 */
export const Shortcuts = ({ onCheck }: { onCheck: () => void }) => {
  const { kind, href } = useHost();
  const { can } = useCaller();
  const navigate = useNavigate();
  const [open, setOpen] = useState<'palette' | 'sheet'>();
  const close = useCallback(() => setOpen(undefined), []);
  const going = useRef(0);
  const ours = kind === 'console';
  const manages = can('manage');

  useEffect(() => onOpenPalette(() => setOpen('palette')), []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey } = event;
      const act = (what: () => void) => {
        event.preventDefault();
        what();
      };
      if (ours && key.toLowerCase() === 'k' && (ctrlKey || metaKey) && !altKey) {
        // Over a dialog it would hide what is typed there.
        return document.querySelector('[role="dialog"]') ? event.preventDefault() : act(() => setOpen('palette'));
      }
      if (ctrlKey || metaKey || altKey || event.defaultPrevented || isTyping(event.target)) {
        return;
      }
      const search = document.getElementById('search');
      if (key === '/' && search) {
        return act(() => search.focus());
      }
      if (!ours) {
        return;
      }
      const goal = Date.now() - going.current < PAUSE && goals().find((one) => one.key === key);
      going.current = key === 'g' ? Date.now() : 0;
      if (goal) {
        return act(() => navigate(href(goal.page)));
      }
      if (key === '?') {
        return act(() => setOpen('sheet'));
      }
      if (key === 't') {
        return act(onCheck);
      }
      if (key === 'c' && manages) {
        return act(() => navigate(href('keys'), { state: { act: 'create' } satisfies Asked }));
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [ours, manages, navigate, href, onCheck]);

  return (
    <Suspense fallback={null}>
      {open === 'palette' && <Palette onClose={close} onCheck={onCheck} onHelp={() => setOpen('sheet')} />}
      {open === 'sheet' && <ShortcutsSheet onClose={close} />}
    </Suspense>
  );
};
