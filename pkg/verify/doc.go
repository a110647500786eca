// Package verify answers one question: may this request pass?
//
// Every door asks it by an Admission. That takes the credential out of a
// request (Sources), looks the key up in a
// replica of the store that is held in memory and follows the store's change
// feed (Replica), and decides (Verifier). A decision reads no disk, takes no
// lock that is held across I/O, and allocates nothing. Uses are gathered in
// memory and written in batches (Recorder); wrong keys are counted by address
// (Failures).
package verify
