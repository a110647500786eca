import React, { lazy } from 'react';
import { Route, Routes } from 'react-router-dom';
import { CallerProvider } from '../components/Caller';
import { LoadBoundary } from '../components/LoadBoundary';
import { KeysPage } from './KeysPage';

// The keys are there at once; the other pages are loaded when they are opened.
const KeyPage = lazy(async () => ({ default: (await import('./KeyPage')).KeyPage }));
const PoolsPage = lazy(async () => ({ default: (await import('./PoolsPage')).PoolsPage }));
const AuditPage = lazy(async () => ({ default: (await import('./AuditPage')).AuditPage }));
const EndpointsPage = lazy(async () => ({ default: (await import('./EndpointsPage')).EndpointsPage }));

/** The pages below the app's address; the host adds its own with `children`. */
export const App = ({ children }: { children?: React.ReactNode }) => (
  <CallerProvider>
    <LoadBoundary>
      <Routes>
        <Route path="keys/:id" element={<KeyPage />} />
        <Route path="pools" element={<PoolsPage />} />
        <Route path="endpoints" element={<EndpointsPage />} />
        <Route path="audit" element={<AuditPage />} />
        {children}
        <Route path="*" element={<KeysPage />} />
      </Routes>
    </LoadBoundary>
  </CallerProvider>
);
