#include <unroll/tensor/panel_team.hpp>

#include <unroll/tensor/engine.hpp>

namespace unroll {

std::int64_t PanelTeam::threads() {
  return Engine::get().threads();
}

Crew& PanelTeam::crew() {
  const auto wanted = static_cast<int>(threads());
  if (!crew_ || crew_->size() != wanted) crew_ = std::make_unique<Crew>(wanted - 1);
  return *crew_;
}

}  // namespace unroll
