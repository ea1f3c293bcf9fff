// Before the first paint: is somebody signed in in this window?
document.documentElement.dataset.state = sessionStorage.getItem("takeback-session") ? "in" : "out";
