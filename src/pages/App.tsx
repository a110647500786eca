import React, { lazy, useState } from 'react';
import { Route, Routes, useLocation } from 'react-router-dom';
import { forget } from '../api/ahead';
import { CallerProvider, useCaller } from '../components/Caller';
import { LoadBoundary } from '../components/LoadBoundary';
import { beginList } from '../components/useKeyList';
import { useHost } from '../host';

// Each page is loaded when it is opened.
const OverviewPage = lazy(async () => ({
  default: (await import(/* webpackChunkName: "overview" */ './OverviewPage')).OverviewPage,
}));
const loadKeys = () => import(/* webpackChunkName: "keys" */ './KeysPage');
const KeysPage = lazy(async () => ({ default: (await loadKeys()).KeysPage }));
const KeyPage = lazy(async () => ({ default: (await import('./KeyPage')).KeyPage }));
const PoolsPage = lazy(async () => ({ default: (await import('./PoolsPage')).PoolsPage }));
const RefusedPage = lazy(async () => ({ default: (await import('./RefusedPage')).RefusedPage }));
const AuditPage = lazy(async () => ({ default: (await import('./AuditPage')).AuditPage }));
const EndpointsPage = lazy(async () => ({ default: (await import('./EndpointsPage')).EndpointsPage }));
const NotFoundPage = lazy(async () => ({ default: (await import('./NotFoundPage')).NotFoundPage }));

/** The pages below the app's address; the host adds its own with `children`. */
export const App = ({ children }: { children?: React.ReactNode }) => (
  <CallerProvider>
    <Pages>{children}</Pages>
  </CallerProvider>
);

const Pages = ({ children }: { children?: React.ReactNode }) => {
  useAhead();
  // Above what waits: React forgets what begins below, and would ask again.
  return (
    <LoadBoundary>
      <Routes>
        <Route path="keys" element={<KeysPage />} />
        <Route path="keys/:id" element={<KeyPage />} />
        <Route path="pools" element={<PoolsPage />} />
        <Route path="endpoints" element={<EndpointsPage />} />
        <Route path="refused" element={<RefusedPage />} />
        <Route path="audit" element={<AuditPage />} />
        {children}
        <Route index element={<OverviewPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </LoadBoundary>
  );
};

/** Asks for the list of keys as soon as an address leads to it, so that its rows come with the page. */
function useAhead(): void {
  const { href } = useHost();
  const { can } = useCaller();
  const { pathname, search } = useLocation();
  const [seen, setSeen] = useState<string>();
  if (seen === undefined) {
    forget(); // another visitor's
  }
  if (seen !== pathname + search) {
    setSeen(pathname + search);
    if (pathname === href('keys') && can('manage')) {
      loadKeys().catch(() => undefined); // whoever opens the page is told
      beginList(new URLSearchParams(search));
    }
  }
}
