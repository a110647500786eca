import { ClipboardButton } from '@grafana/ui';
import React, { type ComponentProps } from 'react';
import { t } from '../i18n';
import { notifyFailure } from './notify';

/** Copies a text. A browser may forbid that to a page, which is said then. */
export const CopyButton = (props: ComponentProps<typeof ClipboardButton>) => (
  <ClipboardButton
    {...props}
    onClipboardError={() =>
      notifyFailure(
        t('copy.failed', 'It was not copied'),
        t('copy.by-hand', 'The browser does not allow it here: select the text, and copy it yourself.')
      )
    }
  />
);
