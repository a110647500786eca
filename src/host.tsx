import React, { createContext, useContext, type ComponentType, type ReactNode } from 'react';
import type { Whoami } from './api/types';

/** What a page says about itself; the host decides how its frame looks. */
export interface PageProps {
  title: string;
  /** One line below the title. */
  subTitle?: ReactNode;
  /** Buttons next to the title, the primary one last. */
  actions?: ReactNode;
  /** Where it is below ours, such as `audit`, if the menu leads to it. */
  at?: string;
  /** The page that this one belongs below; a link to it is shown. */
  parent?: { title: string; href: string };
  children: ReactNode;
}

/** What differs between Grafana and the console. */
export interface Host {
  kind: 'grafana' | 'console';
  /** The frame around a page. */
  Page: ComponentType<PageProps>;
  /** How much of the window's upper end the host covers while a page is scrolled, in pixels; nothing without it. */
  useTop?: () => number;
  /** The full path of one of our pages, such as `keys/4fjK2n0qPz7a`. */
  href: (page: string) => string;
  /** Called when it is known who uses the pages. */
  onCaller?: (whoami: Whoami) => void;
}

const HostContext = createContext<Host | undefined>(undefined);

/** Says which host the pages run in. */
export const HostProvider = ({ host, children }: { host: Host; children: ReactNode }) => (
  <HostContext.Provider value={host}>{children}</HostContext.Provider>
);

/** The host that the pages run in. */
export function useHost(): Host {
  const host = useContext(HostContext);
  if (!host) {
    throw new Error('useHost must be used below a HostProvider');
  }
  return host;
}
