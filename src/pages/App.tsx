import React from 'react';
import { Route, Routes } from 'react-router-dom';
import { CallerProvider } from '../components/Caller';
import { AuditPage } from './AuditPage';
import { KeyPage } from './KeyPage';
import { KeysPage } from './KeysPage';
import { PoolsPage } from './PoolsPage';

/** The pages below the app's address; the host adds its own with `children`. */
export const App = ({ children }: { children?: React.ReactNode }) => (
  <CallerProvider>
    <Routes>
      <Route path="keys/:id" element={<KeyPage />} />
      <Route path="pools" element={<PoolsPage />} />
      <Route path="audit" element={<AuditPage />} />
      {children}
      <Route path="*" element={<KeysPage />} />
    </Routes>
  </CallerProvider>
);
