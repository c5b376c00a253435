// Package web is the local page: what a person's browser, or a script on the same
// machine, sees of a node. It serves the interface embedded in ui/, a JSON API, an
// event stream, and sound: WHIP (RFC 9725) from the microphone, WHEP to the ears.
//
// # Who may use it
//
// The server listens on a loopback address only. Every request must name that
// address in its Host header, so that a name which an attacker points at 127.0.0.1
// (DNS rebinding) is refused. Beyond the style sheets and scripts of the page,
// which hold nothing secret, a request must prove that it comes from the local
// user, in one of two ways:
//
//   - Cookie. [Server.URL] makes a link that works once; opening it sets an
//     HttpOnly, SameSite=Strict cookie. With a cookie, a request must also show that
//     our own page made it (Sec-Fetch-Site or Origin): another page, even one on
//     another port of this machine, is refused.
//   - Authorization: Bearer, with [Config.Token]. For scripts.
//
// A cookie is not tied to a port, so a program of another user of this machine that the
// browser visits at 127.0.0.1 could see it; and the arguments with which a browser is
// started, a link among them, can be read by every user. So on Linux, where the system
// tells whose a connection is, those of other users are refused whatever they bring.
// Elsewhere, who shares a machine with people that they do not trust should keep it in
// mind.
//
// # API
//
// All paths begin with /api/v1. Bodies are JSON unless said otherwise; a refusal is
// {"error": "a sentence: what, why, what to do"} with a status of 4xx or 5xx.
//
//	GET    /state                     State
//	GET    /events                    server-sent events: "state" carries a State whenever it
//	                                  changed, "levels" a Levels; each at most ten times a second
//	PUT    /self                      {"name"} → 204
//	PUT    /blocked/{peer}            this person hears somebody no more → 204
//	DELETE /blocked/{peer}            and again → 204
//	POST   /rooms                     NewRoom → {"id"}
//	POST   /join                      {"link"} or {"room"}, a room of the lobby → {"id"}
//	POST   /inspect                   {"link"} → [node.Inspection]: what it holds; nobody is asked
//	POST   /rooms/{room}/invite       NewInvite → Invitation
//	GET    /rooms/{room}/invites      → [node.IssuedList]: what this person handed out
//	DELETE /rooms/{room}/invites/{id} takes one back → 204
//	POST   /rooms/{room}/commands     Command → 204
//	POST   /rooms/{room}/whip         application/sdp: offer → 201, Location, answer
//	POST   /rooms/{room}/whep         application/sdp: offer → 201, Location, answer
//	DELETE <Location of either>       ends that sound
//	POST   /links                     → {"url"}: a new link to the page that works once
//
// # Sound
//
// Nothing is transcoded. WHIP takes Opus in packets of 20 ms, which is what the
// answer asks for; packets of another length are dropped, and a publisher that
// sends nothing else is hung up. The level that listeners see comes from the
// header extension of RFC 6464, which browsers send; without it, a packet of at
// most ten bytes counts as silence and any other as ordinary speech. A room has one
// microphone: a new WHIP session replaces the one before, and leaving the stage
// ends it.
//
// WHEP answers each audio section (m-line) of the offer with one slot. A slot
// carries one speaker for as long as that person is on stage; Room.Slots says who
// it is, for listeners that offer at least [Slots] sections. With fewer sections,
// slots go to whoever speaks.
//
// The candidates are this machine's own addresses, not loopback alone, because
// Firefox never pairs one of its own addresses with a loopback address. Datagrams
// from any other machine are dropped before ICE sees them.
//
// # Goroutines
//
// [Server.Run] owns all of them and returns when they have ended:
//
//	serve    net/http's accept loop and its connections; event streams are handlers
//	hub      follows the node's state, makes it into bytes, starts and stops ears
//	ear      one for each joined room: takes what is heard to the WHEP sessions
//	whip     one for each open microphone, inside its peer connection
package web
