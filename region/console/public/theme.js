// Before anything is painted, so that nobody is blinded at night.
try {
  const theme = localStorage.getItem("rackwright.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's choice is as good.
}
