import React, { lazy } from 'react';
import { Route, Routes } from 'react-router-dom';
import { CallerProvider } from '../components/Caller';
import { LoadBoundary } from '../components/LoadBoundary';

// Each page is loaded when it is opened.
const OverviewPage = lazy(async () => ({
  default: (await import(/* webpackChunkName: "overview" */ './OverviewPage')).OverviewPage,
}));
const KeysPage = lazy(async () => ({ default: (await import('./KeysPage')).KeysPage }));
const KeyPage = lazy(async () => ({ default: (await import('./KeyPage')).KeyPage }));
const PoolsPage = lazy(async () => ({ default: (await import('./PoolsPage')).PoolsPage }));
const RefusedPage = lazy(async () => ({ default: (await import('./RefusedPage')).RefusedPage }));
const AuditPage = lazy(async () => ({ default: (await import('./AuditPage')).AuditPage }));
const EndpointsPage = lazy(async () => ({ default: (await import('./EndpointsPage')).EndpointsPage }));

/** The pages below the app's address; the host adds its own with `children`. */
export const App = ({ children }: { children?: React.ReactNode }) => (
  <CallerProvider>
    <LoadBoundary>
      <Routes>
        <Route path="keys" element={<KeysPage />} />
        <Route path="keys/:id" element={<KeyPage />} />
        <Route path="pools" element={<PoolsPage />} />
        <Route path="endpoints" element={<EndpointsPage />} />
        <Route path="refused" element={<RefusedPage />} />
        <Route path="audit" element={<AuditPage />} />
        {children}
        <Route path="*" element={<OverviewPage />} />
      </Routes>
    </LoadBoundary>
  </CallerProvider>
);
