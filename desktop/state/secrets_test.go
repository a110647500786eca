package state

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// silentKeyring never answers until it is woken, and counts how often it was
// asked.
type silentKeyring struct {
	woken chan struct{}
	asked atomic.Int32
}

func (k *silentKeyring) answer() error {
	k.asked.Add(1)
	<-k.woken
	return nil
}

func (k *silentKeyring) Get(string) (string, error) { return "late", k.answer() }
func (k *silentKeyring) Set(string, string) error   { return k.answer() }
func (k *silentKeyring) Delete(string) error        { return k.answer() }

func TestAKeyringThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &silentKeyring{woken: make(chan struct{})}
		s := NewSecrets(k)
		began := time.Now()
		_, err := s.Get("prod")
		require.ErrorIs(t, err, ErrNoSecret, "the secret is asked for")
		require.Equal(t, KeyringWait, time.Since(began))

		began = time.Now()
		require.False(t, s.Set("prod", "typed"), "it is kept until the end")
		got, err := s.Get("prod")
		require.NoError(t, err)
		require.Equal(t, "typed", got)
		require.NoError(t, s.Delete("prod"))
		require.Error(t, s.Delete("prod"), "the keyring may still hold it")
		require.Zero(t, time.Since(began), "one that hangs is not waited for again")
		require.EqualValues(t, 1, k.asked.Load())
		require.False(t, s.Waiting())

		close(k.woken)
		synctest.Wait()
		require.True(t, s.Set("prod", "kept"), "one that is back is asked again")
	})
}

func TestTheKeyringIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &silentKeyring{woken: make(chan struct{})}
		s := NewSecrets(k)
		time.AfterFunc(KeyringWait-time.Second, func() { close(k.woken) })
		var waited atomic.Bool
		time.AfterFunc(time.Second, func() { waited.Store(s.Waiting()) })
		got, err := s.Get("prod")
		require.True(t, waited.Load())
		require.NoError(t, err)
		require.Equal(t, "late", got)
		require.False(t, s.Waiting())
	})
}
