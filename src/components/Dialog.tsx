import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { isUnderWay, useUnderWay } from '../api/underWay';
import { t } from '../i18n';

interface Props {
  title: string;
  /** At most, in pixels; a narrow window makes it narrower. */
  width: number;
  /** Called when it is closed by its cross or with Escape. A click outside closes nothing: what was typed stays. */
  onDismiss: () => void;
  /** It shows itself what is under way, and closing it stops that. */
  stops?: boolean;
  children: ReactNode;
}

/** Where the focus was before the first of the dialogs that followed each other. */
let opener: Element | null = null;

/** What a form reports to the dialog around it. */
interface Typed {
  /** Whether something was typed that closing would lose. */
  unsaved: boolean;
  /** Called when the dialog is closed without sending the form. */
  onDiscard?: () => void;
}

const TypedContext = createContext<(typed: Typed) => void>(() => undefined);

/** Makes the dialog around a form ask before it is closed over what was typed. */
export function useUnsaved(unsaved: boolean, onDiscard: () => void): void {
  const report = useContext(TypedContext);
  useEffect(() => report({ unsaved, onDiscard }), [report, unsaved, onDiscard]);
}

/** Leaves the dialog by a button of its own, and asks first where closing it would. */
export const LeaveContext = createContext<(leave: () => void) => void>((leave) => leave());

/** A dialog, from which the focus returns to where it was. It asks before it is closed over what was typed, or
 * over a request whose outcome nobody would learn. */
export const Dialog = ({ title, width, onDismiss, stops = false, children }: Props) => {
  const styles = useStyles2(getStyles, width);
  // Not a state: Escape may be the very next key, before a state would be drawn.
  const typed = useRef<Typed>({ unsaved: false });
  const [report] = useState(() => (now: Typed) => {
    typed.current = now;
  });
  const [asking, setAsking] = useState<'discard' | 'leave'>();
  const [leaving, setLeaving] = useState<() => void>();
  const underWay = useUnderWay() && !stops;
  const askOfRequest = asking === 'leave' && underWay; // its answer settles the question
  const [cameFrom] = useState(() => {
    const at = document.activeElement;
    opener = at?.closest('[role="dialog"]') ? opener : at;
    return opener;
  });
  useEffect(
    () => () => {
      // When all of the dialog is gone, and no other has followed.
      setTimeout(() => {
        const free = !document.activeElement || document.activeElement === document.body;
        if (free && cameFrom instanceof HTMLElement && cameFrom.isConnected) {
          cameFrom.focus();
        }
      });
    },
    [cameFrom]
  );
  const discard = () => {
    typed.current.onDiscard?.();
    onDismiss();
  };
  const leave = (how: () => void) => {
    if (isUnderWay() && !stops) {
      setLeaving(() => how);
      setAsking('leave');
    } else {
      how();
    }
  };
  const dismiss = () => {
    if (asking === 'discard' || askOfRequest) {
      setAsking(undefined);
    } else if (typed.current.unsaved) {
      setAsking('discard');
    } else {
      leave(discard);
    }
  };
  return (
    <Modal
      isOpen
      title={title}
      onDismiss={dismiss}
      closeOnBackdropClick={false}
      className={styles.modal}
      contentClassName={styles.content}
    >
      <TypedContext.Provider value={report}>
        {asking === 'discard' && <DiscardQuestion onKeep={() => setAsking(undefined)} onDiscard={discard} />}
        {askOfRequest && <LeaveQuestion onStay={() => setAsking(undefined)} onLeave={leaving ?? discard} />}
        <LeaveContext.Provider value={leave}>{children}</LeaveContext.Provider>
      </TypedContext.Provider>
    </Modal>
  );
};

const DiscardQuestion = ({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) => (
  <Question
    title={t('dialog.discard', 'Discard what you typed?')}
    stay={t('dialog.keep', 'Keep editing')}
    leave={t('dialog.discard-it', 'Discard')}
    onStay={onKeep}
    onLeave={onDiscard}
  />
);

const LeaveQuestion = ({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) => (
  <Question
    title={t('dialog.under-way', 'The server has not answered yet')}
    text={t('dialog.maybe-done', 'What you sent may be done all the same: look at the list before you send it again.')}
    stay={t('dialog.wait', 'Wait')}
    leave={t('dialog.leave', 'Leave')}
    onStay={onStay}
    onLeave={onLeave}
  />
);

interface QuestionProps {
  title: string;
  text?: string;
  stay: string;
  leave: string;
  onStay: () => void;
  onLeave: () => void;
}

const Question = ({ title, text, stay, leave, onStay, onLeave }: QuestionProps) => {
  const styles = useStyles2(getQuestionStyles);
  const ask = useRef<HTMLDivElement>(null);
  useEffect(() => ask.current?.querySelector('button')?.focus(), []);
  return (
    <div ref={ask} className={styles.question}>
      <Alert severity="warning" title={title}>
        {text && <p>{text}</p>}
        <Stack direction="row" gap={2} wrap="wrap">
          <Button variant="secondary" size="sm" onClick={onStay}>
            {stay}
          </Button>
          <Button variant="destructive" fill="outline" size="sm" onClick={onLeave}>
            {leave}
          </Button>
        </Stack>
      </Alert>
    </div>
  );
};

// An alert cuts what reaches over its edges, also the ring of a button that has the focus.
const getQuestionStyles = () => ({ question: css({ '[role="alert"] *': { overflow: 'visible' } }) });

const getStyles = (theme: GrafanaTheme2, width: number) => ({
  modal: css({
    width: `min(${width}px, calc(100vw - 32px))`,
    // A name of 255 letters must not push the cross out of the window.
    h2: { overflowWrap: 'anywhere', padding: theme.spacing(1, 0), lineHeight: 1.25 },
    '@media (max-height: 900px)': {
      '&&': { top: theme.spacing(2), maxHeight: `calc(100% - ${theme.spacing(4)})`, transform: 'none' },
    },
  }),
  content: css({
    '&&': { display: 'flex', flexDirection: 'column', minHeight: 0 },
    '> *': { flexShrink: 0 },
    // Scrolling to a field leaves it above the row of buttons, not behind it.
    scrollPadding: theme.spacing(2, 0, 10),
    [theme.breakpoints.down('sm')]: { scrollPadding: theme.spacing(2, 0, 18) },
  }),
});
