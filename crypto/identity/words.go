package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/tyler-smith/go-bip39"
)

// WordCount is how many words stand for an identity.
const WordCount = 24

// ErrWords says that words are nobody's identity.
var ErrWords = errors.New("these words are no identity")

// Words writes the key as 24 English words, to be written down on paper: the Ed25519
// seed (RFC 8032) and a checksum of 8 bits, as BIP-39 turns 256 bits into words. (BIP-39 derives
// wallets from words by a further step, which is not used here.) The result is secret.
func (k Key) Words() (string, error) {
	if k.private == nil {
		return "", fmt.Errorf("write identity as words: %w", errNoKey)
	}
	raw, err := k.private.Raw() // the seed, then the public key
	if err != nil {
		return "", fmt.Errorf("write identity as words: %w", err)
	}
	return bip39.NewMnemonic(raw[:ed25519.SeedSize])
}

// ParseWords reads what [Key.Words] wrote, in small or capital letters and with any space
// between the words. The error is [ErrWords], and says which word is none of the list,
// but not what it is.
func ParseWords(text string) (Key, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) != WordCount {
		return Key{}, fmt.Errorf("%w: there are %d of them, and it takes %d", ErrWords, len(words), WordCount)
	}
	for n, word := range words {
		if _, known := bip39.GetWordIndex(word); !known {
			return Key{}, fmt.Errorf("%w: number %d is not one of the words that are used for this", ErrWords, n+1)
		}
	}
	seed, err := bip39.EntropyFromMnemonic(strings.Join(words, " "))
	if err != nil {
		return Key{}, fmt.Errorf("%w: one of them is another word, or two have changed places", ErrWords)
	}
	private, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrWords, err)
	}
	return newKey(private)
}
