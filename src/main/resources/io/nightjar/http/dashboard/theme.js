// Sets light or dark before the first paint, so that nothing flashes. Chosen with the button in the header.
(function () {
  let theme = null;
  try {
    theme = localStorage.getItem("nightjar.theme");
  } catch {
    // Storage is switched off: the system's choice stays.
  }
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
})();
