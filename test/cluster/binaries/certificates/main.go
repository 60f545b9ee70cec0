// Writes what a throw-away cluster trusts: one authority, the API server's certificate, a client certificate per identity,
// and the key that signs service account tokens. usage: certificates FOLDER ADDRESS… (host names and IPs of the API server)
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const lifetime = 365 * 24 * time.Hour

var clients = map[string]pkix.Name{
	"admin":          {CommonName: "admin", Organization: []string{"system:masters"}},
	"kubelet-client": {CommonName: "apiserver-kubelet-client", Organization: []string{"system:masters"}},
	"node":           {CommonName: "system:node:node1", Organization: []string{"system:nodes"}},
	"proxy":          {CommonName: "system:kube-proxy"},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: certificates FOLDER ADDRESS…")
	}
	folder, addresses := os.Args[1], os.Args[2:]

	authority := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "climatebatch test authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	authorityKey := newKey()
	authority = issue(folder, "ca", authority, authorityKey, authority, authorityKey)

	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, address := range addresses {
		if ip := net.ParseIP(address); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, address)
		}
	}
	issue(folder, "apiserver", server, newKey(), authority, authorityKey)

	for name, subject := range clients {
		client := &x509.Certificate{
			Subject:     subject,
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		issue(folder, name, client, newKey(), authority, authorityKey)
	}
	writeKey(folder, "service-accounts", newKey())
}

func issue(folder, name string, wanted *x509.Certificate, key *ecdsa.PrivateKey, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	must(err)
	wanted.SerialNumber = serial
	// An hour back, for machines whose clocks disagree.
	wanted.NotBefore = time.Now().Add(-time.Hour)
	wanted.NotAfter = time.Now().Add(lifetime)
	bytes, err := x509.CreateCertificate(rand.Reader, wanted, authority, &key.PublicKey, authorityKey)
	must(err)
	write(folder, name+".crt", "CERTIFICATE", bytes)
	writeKey(folder, name, key)
	issued, err := x509.ParseCertificate(bytes)
	must(err)
	return issued
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func writeKey(folder, name string, key *ecdsa.PrivateKey) {
	bytes, err := x509.MarshalECPrivateKey(key)
	must(err)
	write(folder, name+".key", "EC PRIVATE KEY", bytes)
}

func write(folder, name, kind string, bytes []byte) {
	encoded := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	must(os.WriteFile(filepath.Join(folder, name), encoded, 0o600))
}

func must(err error) {
	if err != nil {
		log.Fatalf("certificates: %v", err)
	}
}
