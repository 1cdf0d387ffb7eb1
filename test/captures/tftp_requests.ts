import { hex } from "@/test/hex.ts";

// UDP payloads as tcpdump recorded them; the notes were added afterwards. See README.md.

/** First request of `tftp -m binary` (tftp-hpa 5.2, Debian 12). */
export const TFTP_HPA_REQUEST = hex(`
  00 01 # RRQ
  75 6e 64 69 6f 6e 6c 79 2e 6b 70 78 65 00 # "undionly.kpxe"
  6f 63 74 65 74 00 # "octet"`);

/** First request of `tftp` without options (tftp-hpa 5.2, Debian 12). */
export const TFTP_HPA_NETASCII_REQUEST = hex(`
  00 01 # RRQ
  75 6e 64 69 6f 6e 6c 79 2e 6b 70 78 65 00 # "undionly.kpxe"
  6e 65 74 61 73 63 69 69 00 # "netascii"`);

/** First request of `tftp -m binary -c put` (tftp-hpa 5.2, Debian 12). */
export const TFTP_HPA_WRITE_REQUEST = hex(`
  00 02 # WRQ
  75 70 00 # "up"
  6f 63 74 65 74 00 # "octet"`);

/** First request of `atftp --option "windowsize 16" …` (atftp 0.8.0, Debian 12). */
export const ATFTP_WINDOW_REQUEST = hex(`
  00 01 # RRQ
  73 6e 70 6f 6e 6c 79 2e 65 66 69 00 # "snponly.efi"
  6f 63 74 65 74 00 # "octet"
  74 73 69 7a 65 00 # "tsize"
  30 00 # "0"
  74 69 6d 65 6f 75 74 00 # "timeout"
  33 00 # "3"
  62 6c 6b 73 69 7a 65 00 # "blksize"
  31 34 32 38 00 # "1428"
  77 69 6e 64 6f 77 73 69 7a 65 00 # "windowsize"
  31 36 00 # "16"`);

/** First request of curl 7.88.1, Debian 12. */
export const CURL_REQUEST = hex(`
  00 01 # RRQ
  73 6e 70 6f 6e 6c 79 2e 65 66 69 00 # "snponly.efi"
  6f 63 74 65 74 00 # "octet"
  74 73 69 7a 65 00 # "tsize"
  30 00 # "0"
  62 6c 6b 73 69 7a 65 00 # "blksize"
  35 31 32 00 # "512"
  74 69 6d 65 6f 75 74 00 # "timeout"
  31 00 # "1"`);

/** First request of `busybox tftp -b 1468` (1.35, Debian 12). */
export const BUSYBOX_REQUEST = hex(`
  00 01 # RRQ
  69 70 78 65 2e 69 73 6f 00 # "ipxe.iso"
  6f 63 74 65 74 00 # "octet"
  62 6c 6b 73 69 7a 65 00 # "blksize"
  31 34 36 38 00 # "1468"
  74 73 69 7a 65 00 # "tsize"
  30 00 # "0"`);

/** First request of OVMF 2022.11 asking only for the size: it answers the OACK with error 8. */
export const OVMF_SIZE_REQUEST = hex(`
  00 01 # RRQ
  73 6e 70 6f 6e 6c 79 2e 65 66 69 00 # "snponly.efi"
  6f 63 74 65 74 00 # "octet"
  74 73 69 7a 65 00 # "tsize"
  30 00 # "0"
  62 6c 6b 73 69 7a 65 00 # "blksize"
  31 34 36 38 00 # "1468"
  77 69 6e 64 6f 77 73 69 7a 65 00 # "windowsize"
  34 00 # "4"`);

/** First request of OVMF 2022.11 then fetching the file. */
export const OVMF_READ_REQUEST = hex(`
  00 01 # RRQ
  73 6e 70 6f 6e 6c 79 2e 65 66 69 00 # "snponly.efi"
  6f 63 74 65 74 00 # "octet"
  62 6c 6b 73 69 7a 65 00 # "blksize"
  31 34 36 38 00 # "1468"
  77 69 6e 64 6f 77 73 69 7a 65 00 # "windowsize"
  34 00 # "4"`);
